import { Global, Module } from '@nestjs/common';
import { Clock } from './clock';
import { Lifecycle } from './lifecycle';

@Global()
@Module({ providers: [Clock, Lifecycle], exports: [Clock, Lifecycle] })
export class CommonModule {}
