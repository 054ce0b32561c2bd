import { Global, Module } from '@nestjs/common';
import { Clock } from './clock';
import { Lifecycle } from './lifecycle';
import { Revocations } from './revocations';

@Global()
@Module({ providers: [Clock, Lifecycle, Revocations], exports: [Clock, Lifecycle, Revocations] })
export class CommonModule {}
