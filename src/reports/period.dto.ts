import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';
import { IsCalendarDay } from './calendar-day';

/** Which days a report is of. */
export class PeriodQuery {
  @ApiPropertyOptional({
    type: String,
    format: 'date',
    description: 'First day; where absent, the first of the month of `to`',
    example: '2026-11-01',
  })
  @IsOptional()
  @IsCalendarDay()
  from?: string;

  @ApiPropertyOptional({
    type: String,
    format: 'date',
    description: 'Last day, included; today in your own zone where absent',
    example: '2026-11-30',
  })
  @IsOptional()
  @IsCalendarDay()
  to?: string;
}
