import { Module } from '@nestjs/common';
import { ThrottlerModule } from '@nestjs/throttler';
import { Settings } from '../config/settings';
import { rateLimits } from './rate-limits';
import { StreamSlots } from './stream-slots';

@Module({
  imports: [ThrottlerModule.forRootAsync({ inject: [Settings], useFactory: rateLimits })],
  providers: [StreamSlots],
  exports: [StreamSlots],
})
export class LimitsModule {}
