import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import type { Request, Response } from 'express';
import { map, type Observable } from 'rxjs';
import { type CsvCell, toCsv } from './csv';
import type { UsageReportView } from './usage-report.dto';

const FIELDS = [
  'key',
  'calls',
  'input_tokens',
  'cached_tokens',
  'output_tokens',
  'reasoning_tokens',
  'cost_micro_usd',
  'estimated_calls',
] as const satisfies (keyof UsageReportView['rows'][number])[];

/** Gives the rows of a report as CSV to who asks for that by `Accept`. */
@Injectable()
export class CsvInterceptor implements NestInterceptor<UsageReportView, UsageReportView | string> {
  intercept(
    context: ExecutionContext,
    next: CallHandler<UsageReportView>,
  ): Observable<UsageReportView | string> {
    const request = context.switchToHttp().getRequest<Request>();
    const response = context.switchToHttp().getResponse<Response>();
    response.vary('Accept');
    if (request.accepts('application/json', 'text/csv') !== 'text/csv') return next.handle();
    return next.handle().pipe(
      map(({ from, to, group_by, rows }) => {
        response.attachment(`usage-by-${group_by}-${from}-${to}.csv`);
        return toCsv(
          FIELDS,
          rows.map((row) => FIELDS.map((field): CsvCell => row[field])),
        );
      }),
    );
  }
}
