import { type ListedModel, modelListRequest, readModelList } from '../models/model-list';
import { isOwnAddress, type ProviderAccess } from '../models/provider-access';
import { explainConnection } from './connection-faults';
import { failed, type Finding, ok } from './finding';
import { probe } from './probe';
import { explainRefusal } from './provider-faults';
import { describeProvider } from './provider-labels';

export interface KeyCheck {
  finding: Finding;
  /** undefined: the provider gives no list. */
  models?: readonly ListedModel[];
  clockAheadMs?: number;
}

/** Servers that imitate the API often have no list of models; their models answer all the same. */
const NO_LIST = new Set([404, 405, 501]);

/** Asks for the list of models: it needs a valid key, and costs nothing. */
export async function checkKey(access: ProviderAccess, timeoutMs: number): Promise<KeyCheck> {
  const target = describeProvider(access);
  const subject = `${target.label} key`;
  try {
    const answer = await probe(modelListRequest(access), timeoutMs);
    const { status, body, clockAheadMs } = answer;
    const models = status === 200 ? readModelList(body) : undefined;
    if (models !== undefined) {
      return {
        finding: ok(subject, `${target.host} accepts it, for ${models.length} models`),
        models,
        clockAheadMs,
      };
    }
    if (NO_LIST.has(status) && !isOwnAddress(access)) {
      return { finding: ok(subject, `${target.host} answers, without a list of models`), clockAheadMs };
    }
    return { finding: failed(subject, explainRefusal(answer, target)), clockAheadMs };
  } catch (error) {
    return { finding: failed(subject, explainConnection(error, target)) };
  }
}
