import { Injectable } from '@nestjs/common';
import { StreamSlots } from './stream-slots';

/** Bounds the WebSockets that a user has open at once, by the same number, but apart: an idle one is no stream. */
@Injectable()
export class SocketSlots extends StreamSlots {
  protected override readonly what = 'sockets';
}
