import { WIDE_BOUNDS, faultOfShape } from '../common/json-shape';
import { CallArguments } from './call-arguments';
import type { RequestedToolCall } from './chat.types';
import { isJsonObject, type JsonObject } from './json-object';
import { fillMembers, type Grow, mergeMembers } from './merge-members';
import { UpstreamReplyError } from './upstream-errors';

const MAX_TOOL_CALLS = 128;
/** A longer index or id is ignored. */
const MAX_KEY_CHARACTERS = 256;
const LEGACY_INDEX = 'function_call';

/** Members of a call that are read here. The others go back to the provider as they are. */
const CALL_MEMBERS = new Set(['id', 'index', 'type', 'function']);
const FLAT_CALL_MEMBERS = new Set([...CALL_MEMBERS, 'name', 'arguments']);
const FUNCTION_MEMBERS = new Set(['name', 'arguments']);

interface StreamedCall {
  id: string | undefined;
  name: string;
  readonly arguments: CallArguments;
  readonly extras: JsonObject;
  readonly functionExtras: JsonObject;
}

/** What a piece of a stream says of a call. */
interface CallPart {
  id: string | undefined;
  index: string | undefined;
  name: string | undefined;
  argumentsText: string | undefined;
  members: JsonObject;
  /** undefined: name and arguments stand in the call itself. */
  functionMembers: JsonObject | undefined;
}

/** A call, and what of it goes back to the provider beside its id, name and arguments. */
export interface AssembledCall extends RequestedToolCall {
  extras: JsonObject;
}

/**
 * Puts streamed tool calls together. An id tells calls apart where there is one, else the index does, else the order.
 * An index is a key and no position: Claude behind a gateway counts from 1, Gemini gives each call 0.
 */
export class ToolCallAssembler {
  private readonly calls: StreamedCall[] = [];
  private readonly byId = new Map<string, StreamedCall>();
  /** The newest call of each index. */
  private readonly byIndex = new Map<string, StreamedCall>();
  /** The call that the last piece belonged to. */
  private open: StreamedCall | undefined;

  constructor(private readonly grow: Grow) {}

  /** In the order in which they began; what never got a name is no call. */
  finish(): AssembledCall[] {
    return this.calls
      .filter(({ name }) => name !== '')
      .map(({ name, arguments: { text }, extras, functionExtras }) => ({
        name,
        argumentsText: text,
        extras: Object.keys(functionExtras).length === 0 ? extras : { ...extras, function: functionExtras },
      }));
  }

  /** All that the model wrote of them. */
  get written(): string {
    return this.calls.map(({ name, arguments: { text } }) => name + text).join('');
  }

  /** Whether no call stops in the middle of its arguments. */
  get areWhole(): boolean {
    return this.calls.every(({ arguments: { isWhole, text } }) => isWhole || text.trim() === '');
  }

  /** @param parts what a chunk has for `tool_calls` */
  add(parts: unknown): void {
    for (const part of toParts(parts)) {
      const call = this.callOf(part);
      this.open = call;
      this.apply(call, part);
    }
  }

  /** Of the older API, which knows a single call without an id. Some send it beside `tool_calls`. */
  addLegacy(functionCall: unknown): void {
    if (!isJsonObject(functionCall)) return;
    const known = this.byIndex.get(LEGACY_INDEX);
    if (known === undefined && this.calls.length > 0) return;
    for (const part of toParts({ function: functionCall })) {
      this.apply(known ?? this.begin({ ...part, index: LEGACY_INDEX }), part);
    }
  }

  /** @param calls the whole calls of a message, after the pieces that they were made of */
  addWhole(calls: unknown): void {
    toParts(calls).forEach((part, position) => {
      const call = this.pieced(part, position);
      if (call === undefined) {
        this.apply(this.begin(part), part);
        return;
      }
      if (call.name === '') call.name = part.name ?? '';
      if (!call.arguments.isWhole && part.argumentsText !== undefined) {
        this.grow(part.argumentsText.length);
        call.arguments.replace(part.argumentsText);
      }
      this.keepExtras(fillMembers, call, part);
    });
  }

  private pieced({ id, name }: CallPart, position: number): StreamedCall | undefined {
    const known = id === undefined ? undefined : this.byId.get(id);
    if (known !== undefined) return known;
    const atPosition = this.calls[position];
    return atPosition?.name === name || atPosition?.name === '' ? atPosition : undefined;
  }

  private callOf(part: CallPart): StreamedCall {
    const { id } = part;
    if (id === undefined) return this.callWithoutId(part);
    const call = this.byId.get(id) ?? this.callOfNewId(part);
    this.grow(this.byId.has(id) ? 0 : id.length);
    // Some make a new id for each piece, so a call can have many.
    this.byId.set(id, call);
    call.id ??= id;
    return call;
  }

  private callOfNewId(part: CallPart): StreamedCall {
    const { index, name } = part;
    const used = index === undefined ? this.open : this.byIndex.get(index);
    if (used === undefined) return this.begin(part);
    if (name === undefined) {
      return index === undefined && used.arguments.isWhole ? this.begin(part) : used;
    }
    const isLateId = used.id === undefined && goesOnWithName(used, name) && !isNextCall(used, part);
    return isLateId ? used : this.begin(part);
  }

  private callWithoutId(part: CallPart): StreamedCall {
    const { index, name } = part;
    const { open } = this;
    if (index === undefined) {
      if (open === undefined) return this.begin(part);
      if (name === undefined || open.name === '') return open;
      return !open.arguments.isWhole && goesOnWithName(open, name) ? open : this.begin(part);
    }
    const used = this.byIndex.get(index);
    if (used === undefined) {
      const goesOn = name === undefined && hasText(part) && open !== undefined && !open.arguments.isWhole;
      return goesOn ? open : this.begin(part);
    }
    return isNextCall(used, part) ? this.begin(part) : used;
  }

  private begin({ index }: CallPart): StreamedCall {
    if (this.calls.length >= MAX_TOOL_CALLS) {
      throw new UpstreamReplyError('upstream_invalid_response', 'too many tool calls');
    }
    const call: StreamedCall = {
      id: undefined,
      name: '',
      arguments: new CallArguments(),
      extras: {},
      functionExtras: {},
    };
    this.calls.push(call);
    if (index !== undefined) this.byIndex.set(index, call);
    return call;
  }

  private apply(call: StreamedCall, part: CallPart): void {
    const { index, name, argumentsText } = part;
    if (index !== undefined && !this.byIndex.has(index)) this.byIndex.set(index, call);
    if (name !== undefined) {
      this.grow(name.length);
      call.name = goesOnWithName(call, name) ? name : call.name + name;
    }
    if (argumentsText !== undefined) {
      this.grow(argumentsText.length);
      call.arguments.add(argumentsText);
    }
    this.keepExtras(mergeMembers, call, part);
  }

  private keepExtras(
    keep: typeof mergeMembers,
    { extras, functionExtras }: StreamedCall,
    { members, functionMembers }: CallPart,
  ): void {
    keep(extras, members, this.grow, functionMembers === undefined ? FLAT_CALL_MEMBERS : CALL_MEMBERS);
    if (functionMembers !== undefined) keep(functionExtras, functionMembers, this.grow, FUNCTION_MEMBERS);
  }
}

/** Whether a name is the call's again, or the call's and more: nothing is to be added to it then. */
const goesOnWithName = (call: StreamedCall, name: string): boolean => name.startsWith(call.name);

/** Whether a piece with the call's index is of another call: parallel calls of some come all with index 0. */
const isNextCall = (call: StreamedCall, part: CallPart): boolean =>
  part.name !== undefined && call.arguments.isWhole && (hasText(part) || !goesOnWithName(call, part.name));

const hasText = ({ argumentsText = '' }: CallPart): boolean => argumentsText.trim() !== '';

function toParts(parts: unknown): CallPart[] {
  const list: unknown[] = Array.isArray(parts) ? parts : [parts];
  return list.filter(isJsonObject).map((members) => {
    const functionMembers = isJsonObject(members.function) ? members.function : undefined;
    const { name, arguments: given } = functionMembers ?? members;
    return {
      id: toKey(members.id),
      index: toKey(members.index),
      name: typeof name === 'string' && name !== '' ? name : undefined,
      argumentsText: toArgumentsText(given),
      members,
      functionMembers,
    };
  });
}

function toKey(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' && value.length <= MAX_KEY_CHARACTERS ? value : undefined;
}

function toArgumentsText(given: unknown): string | undefined {
  if (typeof given === 'string') return given;
  if (given === null || given === undefined) return undefined;
  if (typeof given === 'object' && faultOfShape(given, WIDE_BOUNDS) !== undefined) {
    throw new UpstreamReplyError('upstream_invalid_response', 'arguments that are nested too deep');
  }
  return JSON.stringify(given);
}
