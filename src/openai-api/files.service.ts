import { Injectable } from '@nestjs/common';
import type { Request, Response } from 'express';
import { payerOf } from '../auth/caller';
import type { Principal } from '../auth/principal';
import { AppError } from '../common/app-error';
import { NO_MODEL } from '../models/call-settlement';
import type { ForwardedCall } from '../models/forwarded-call';
import { ModelsService } from '../models/models.service';
import { OwnedObjects } from '../models/owned-objects.service';
import type { Provider, UpstreamRequest } from '../models/provider';
import type { NamedObject } from '../models/upstream-object';
import { stopWhenClientLeaves } from '../relay/client-leaving';
import { AnswerRelay } from './answer-relay';
import type { FilePageRequest } from './file-page';
import { type FileFacts, madeByUpload, OwnedFiles } from './owned-files.service';
import { plainHeader } from './plain-header';
import { relayJson } from './relay-json';
import { comeIn, tooLarge, UploadBody } from './upload-body';
import { multipartHeaders } from './upload-headers';

/** OpenAI takes 512 MB a file; the rest is room for the form around it. */
const LARGEST_UPLOAD_BYTES = 513 * 1024 * 1024;

/** Files at the provider, each for the user who brought it. Their bytes pass through; none is kept here. */
@Injectable()
export class FilesService {
  constructor(
    private readonly models: ModelsService,
    private readonly objects: OwnedObjects,
    private readonly files: OwnedFiles,
  ) {}

  /** @throws AppError unsupported_media_type, body_too_large */
  async upload(user: Principal, request: Request, response: Response): Promise<void> {
    const provider = this.provider();
    const headers = multipartHeaders(request.headers);
    if (Number(headers['content-length'] ?? 0) > LARGEST_UPLOAD_BYTES) throw tooLarge(LARGEST_UPLOAD_BYTES);
    const body = new UploadBody(request, {
      mostBytes: LARGEST_UPLOAD_BYTES,
      onSilent: () => response.destroy(),
    });
    try {
      const upload: UpstreamRequest = { method: 'POST', path: '/files', body, headers };
      const call = this.forward(user, provider, upload, response);
      await relayJson(call, await call.send(), response, (file) =>
        this.objects.record({ userId: user.id, provider: provider.ledgerName }, madeByUpload(file)),
      );
    } catch (error) {
      const refusal = body.isTooLarge ? tooLarge(LARGEST_UPLOAD_BYTES) : error;
      // Its answer closes the connection, and a client in the middle of sending would not read it.
      if (refusal instanceof AppError && refusal.status === 413) await comeIn(request);
      throw refusal;
    } finally {
      body.dropRest();
    }
  }

  async list(userId: string, page: FilePageRequest): Promise<{ data: FileFacts[]; hasMore: boolean }> {
    const owner = { userId, provider: this.provider().ledgerName };
    if (page.after !== undefined) {
      await this.objects.require(owner, [{ kind: 'file', id: page.after, param: 'after' }]);
    }
    const files = await this.files.list(owner, page);
    return { data: files.slice(0, page.limit), hasMore: files.length > page.limit };
  }

  /** @throws AppError not_found where it is not the user's */
  async describe(user: Principal, id: string, response: Response): Promise<void> {
    const provider = await this.requireOwned(user.id, id);
    const call = this.forward(user, provider, { method: 'GET', path: pathOf(id) }, response);
    await relayJson(call, await call.send(), response);
  }

  /** @throws AppError not_found where it is not the user's */
  async download(user: Principal, id: string, response: Response): Promise<void> {
    const provider = await this.requireOwned(user.id, id);
    const call = this.forward(user, provider, { method: 'GET', path: `${pathOf(id)}/content` }, response);
    const head = await call.send();
    const headers = {
      'Content-Type': plainHeader(head.headers['content-type'], 'application/octet-stream'),
      // What a user has uploaded is never shown as a page of ours.
      'Content-Disposition': attachment(plainHeader(head.headers['content-disposition'], '')),
      'Cache-Control': 'private, no-store',
    };
    await new AnswerRelay(call, response, head, { headers }).run();
  }

  /** @throws AppError not_found where it is not the user's */
  async delete(user: Principal, id: string, response: Response): Promise<void> {
    const provider = await this.requireOwned(user.id, id);
    const call = this.forward(user, provider, { method: 'DELETE', path: pathOf(id) }, response);
    await relayJson(call, await call.send(), response, () =>
      this.objects.forget({ userId: user.id, provider: provider.ledgerName }, { kind: 'file', id }),
    );
  }

  private provider(): Provider {
    return this.models.requireProvider('openai');
  }

  private async requireOwned(userId: string, id: string): Promise<Provider> {
    const provider = this.provider();
    const named: NamedObject = { kind: 'file', id };
    await this.objects.require({ userId, provider: provider.ledgerName }, [named]);
    return provider;
  }

  private forward(
    user: Principal,
    provider: Provider,
    request: UpstreamRequest,
    response: Response,
  ): ForwardedCall {
    const call = this.models.forward(
      { payer: payerOf(user), door: 'v1', model: NO_MODEL, provider },
      { ...request, isRetried: false },
    );
    stopWhenClientLeaves(response, call);
    return call;
  }
}

const pathOf = (id: string): string => `/files/${encodeURIComponent(id)}`;

const attachment = (given: string): string => (/^attachment\b/i.test(given) ? given : 'attachment');
