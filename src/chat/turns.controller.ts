import { Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiAcceptedResponse, ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AgentService } from '../agent/agent.service';
import { CurrentUser } from '../auth/current-user.decorator';
import type { Principal } from '../auth/principal';
import { Scopes } from '../auth/scopes';
import { ParseUuidPipe } from '../common/parse-id.pipe';
import { toTurnView, TurnView } from './turn.dto';

@ApiTags('turns')
@ApiBearerAuth()
@Scopes('chat')
@Controller('api/turns')
export class TurnsController {
  constructor(private readonly agent: AgentService) {}

  @Get(':id')
  @ApiOperation({ operationId: 'getTurn', summary: 'A turn: the state it is in, and its answer so far' })
  @ApiOkResponse({ type: TurnView })
  async find(@CurrentUser() user: Principal, @Param('id', ParseUuidPipe) id: string): Promise<TurnView> {
    return toTurnView(await this.agent.find(user.id, id));
  }

  @Post(':id/cancel')
  @HttpCode(202)
  @ApiOperation({
    operationId: 'cancelTurn',
    summary: 'Ends a running turn; what was said so far is kept. A second cancel changes nothing',
  })
  @ApiAcceptedResponse({ type: TurnView })
  async cancel(@CurrentUser() user: Principal, @Param('id', ParseUuidPipe) id: string): Promise<TurnView> {
    return toTurnView(await this.agent.cancel(user.id, id));
  }
}
