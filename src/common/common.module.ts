import { Global, Module } from '@nestjs/common';
import { Clock, clock } from './clock';
import { Lifecycle } from './lifecycle';
import { Revocations } from './revocations';

@Global()
@Module({
  providers: [{ provide: Clock, useValue: clock }, Lifecycle, Revocations],
  exports: [Clock, Lifecycle, Revocations],
})
export class CommonModule {}
