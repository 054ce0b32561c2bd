import { Body, Controller, Get, Param, Put } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AdminOnly } from '../auth/admin-only.decorator';
import { ParseUuidPipe } from '../common/parse-id.pipe';
import { SetLimitsRequest, SubjectLimitsView } from './limits.dto';
import { LimitsService } from './limits.service';

const EXAMPLES = {
  both: { value: { daily_token_limit: 200_000, monthly_cost_limit_usd: 12.5 } },
  default: { summary: 'The server’s default again', value: { daily_token_limit: null } },
  none: { summary: 'No limit', value: { monthly_cost_limit_usd: 0 } },
};

/** The limits of one user or one API key. */
@ApiTags('admin')
@ApiBearerAuth()
@AdminOnly()
@Controller('api/admin')
export class AdminLimitsController {
  constructor(private readonly limits: LimitsService) {}

  @Get('users/:id/limits')
  @ApiOperation({ operationId: 'getUserLimits', summary: 'A user’s own limits, and how far each is used' })
  @ApiOkResponse({ type: SubjectLimitsView })
  async findOfUser(@Param('id', ParseUuidPipe) id: string): Promise<SubjectLimitsView> {
    return this.limits.ofUser(id);
  }

  @Put('users/:id/limits')
  @ApiOperation({
    operationId: 'setUserLimits',
    summary: 'Sets a user’s limits: what is absent stays, null is the default again',
  })
  @ApiBody({ type: SetLimitsRequest, examples: EXAMPLES })
  @ApiOkResponse({ type: SubjectLimitsView })
  async setForUser(
    @Param('id', ParseUuidPipe) id: string,
    @Body() body: SetLimitsRequest,
  ): Promise<SubjectLimitsView> {
    return this.limits.setForUser(id, body);
  }

  @Get('keys/:id/limits')
  @ApiOperation({ operationId: 'getKeyLimits', summary: 'An API key’s own limits, and how far each is used' })
  @ApiOkResponse({ type: SubjectLimitsView })
  async findOfKey(@Param('id', ParseUuidPipe) id: string): Promise<SubjectLimitsView> {
    return this.limits.ofKey(id);
  }

  @Put('keys/:id/limits')
  @ApiOperation({
    operationId: 'setKeyLimits',
    summary: 'Sets an API key’s limits, within its user’s: what is absent stays, null is none',
  })
  @ApiBody({ type: SetLimitsRequest, examples: EXAMPLES })
  @ApiOkResponse({ type: SubjectLimitsView })
  async setForKey(
    @Param('id', ParseUuidPipe) id: string,
    @Body() body: SetLimitsRequest,
  ): Promise<SubjectLimitsView> {
    return this.limits.setForKey(id, body);
  }
}
