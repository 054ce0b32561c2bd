import { ApiProperty } from '@nestjs/swagger';
import type { ToolUse, TurnCounts } from '../agent/turn-analytics.service';
import type { Period } from './period';

class ToolUseView {
  @ApiProperty({ example: 'add_task', description: 'As the model called it' })
  tool!: string;

  @ApiProperty({ type: 'integer', example: 40 })
  calls!: number;

  @ApiProperty({ type: 'integer', example: 2, description: 'Refused or failed, and nothing changed' })
  failed!: number;
}

class DurationView {
  @ApiProperty({ type: 'integer', nullable: true, example: 2140 })
  p50!: number | null;

  @ApiProperty({ type: 'integer', nullable: true, example: 9730 })
  p95!: number | null;

  @ApiProperty({ type: 'integer', nullable: true, example: 41_002 })
  max!: number | null;
}

class TurnCountsView {
  @ApiProperty({ type: 'integer', example: 35, description: 'Those that still run too' })
  total!: number;

  @ApiProperty({ type: 'integer', example: 32 })
  completed!: number;

  @ApiProperty({ type: 'integer', example: 1 })
  cancelled!: number;

  @ApiProperty({ type: 'integer', example: 2 })
  failed!: number;

  @ApiProperty({ description: 'Of those that were completed; null where none was' })
  duration_ms!: DurationView;
}

export class AnalyticsView {
  @ApiProperty({ format: 'date', example: '2026-11-01' })
  from!: string;

  @ApiProperty({ format: 'date', example: '2026-11-30' })
  to!: string;

  @ApiProperty({ type: [ToolUseView], description: 'The most used first, 100 at most' })
  tools!: ToolUseView[];

  @ApiProperty()
  turns!: TurnCountsView;
}

export function toAnalyticsView({ from, to }: Period, tools: ToolUse[], turns: TurnCounts): AnalyticsView {
  const { total, completed, cancelled, failed, p50Ms, p95Ms, maxMs } = turns;
  return {
    from,
    to,
    tools: tools.map(({ tool, calls, failed: refused }) => ({ tool, calls, failed: refused })),
    turns: { total, completed, cancelled, failed, duration_ms: { p50: p50Ms, p95: p95Ms, max: maxMs } },
  };
}
