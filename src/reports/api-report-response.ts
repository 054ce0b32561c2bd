import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiOkResponse, getSchemaPath } from '@nestjs/swagger';
import { UsageReportView } from './usage-report.dto';

/** Documents the answer of a route that the `CsvInterceptor` stands before. */
export const ApiReportResponse = (): MethodDecorator =>
  applyDecorators(
    ApiExtraModels(UsageReportView),
    ApiOkResponse({
      headers: {
        'Content-Disposition': { description: 'A file name, with CSV', schema: { type: 'string' } },
      },
      description: 'The rows as CSV, a line each, where `Accept` is `text/csv`',
      content: {
        'application/json': { schema: { $ref: getSchemaPath(UsageReportView) } },
        'text/csv': { schema: { type: 'string' } },
      },
    }),
  );
