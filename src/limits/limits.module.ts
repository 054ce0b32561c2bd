import { Module } from '@nestjs/common';
import { ThrottlerModule } from '@nestjs/throttler';
import { rateLimits } from './rate-limits';
import { RequestRates } from './request-rates';
import { SocketSlots } from './socket-slots';
import { StreamSlots } from './stream-slots';

@Module({
  imports: [ThrottlerModule.forRoot(rateLimits())],
  providers: [StreamSlots, SocketSlots, RequestRates],
  exports: [StreamSlots, SocketSlots, RequestRates],
})
export class LimitsModule {}
