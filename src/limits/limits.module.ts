import { Module } from '@nestjs/common';
import { ThrottlerModule } from '@nestjs/throttler';
import { Metrics } from '../observability/metrics';
import { RedisConnection } from '../redis/redis-connection';
import { RedisModule } from '../redis/redis.module';
import { rateLimits } from './rate-limits';
import { RequestRates } from './request-rates';
import { SharedAttempts } from './shared-attempts';
import { SlotLeases } from './slot-leases';
import { SocketSlots } from './socket-slots';
import { StreamSlots } from './stream-slots';

@Module({
  imports: [
    RedisModule,
    ThrottlerModule.forRootAsync({
      imports: [RedisModule],
      inject: [RedisConnection, Metrics],
      useFactory: rateLimits,
    }),
  ],
  providers: [SlotLeases, StreamSlots, SocketSlots, RequestRates, SharedAttempts],
  exports: [StreamSlots, SocketSlots, RequestRates, SharedAttempts],
})
export class LimitsModule {}
