import { Controller, Get, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { ConnectionAuth } from '../../auth/connection-auth';
import { AppError } from '../../common/app-error';
import { Public } from '../../common/public.decorator';
import { SocketSlots } from '../../limits/socket-slots';
import { isHandshake, SOCKET_PATH } from './socket.adapter';
import { SocketGateway } from './socket.gateway';

/** Opens sockets: whoever is not let in gets an HTTP answer. */
@ApiExcludeController()
@Public()
@Controller(SOCKET_PATH)
export class SocketController {
  constructor(
    private readonly auth: ConnectionAuth,
    private readonly slots: SocketSlots,
    private readonly gateway: SocketGateway,
  ) {}

  @Get()
  async open(@Req() request: Request, @Res() response: Response): Promise<void> {
    if (!isHandshake(request)) throw new AppError('not_found', 'Open a WebSocket here.');
    const opener = await this.auth.identify(request, request.ip ?? '');
    const { limited } = await this.auth.currentCaller(opener);
    const release = await this.slots.acquire(limited);
    try {
      this.gateway.accept(request, response, opener).once('close', release);
    } catch (error) {
      release();
      throw error;
    }
  }
}
