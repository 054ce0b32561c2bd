import { Type } from 'class-transformer';
import { IsArray, IsInt, IsOptional, IsString, Length, ValidateNested } from 'class-validator';
import { IsStorableText } from './storable-text';
import { InputPipe } from './validation.pipe';

class Part {
  @IsString() @Length(1, 3) @IsStorableText() text!: string;
}

class Message {
  @IsArray() @ValidateNested({ each: true }) @Type(() => Part) parts!: Part[];
}

class Body {
  @IsOptional() @IsInt() id?: number;
  @IsOptional() @IsString() @IsStorableText() note?: string;
  @IsOptional() @IsArray() @ValidateNested({ each: true }) @Type(() => Message) messages?: Message[];
}

const pipe = new InputPipe();
const validate = (value: unknown): Promise<Body> =>
  pipe.transform(value, { type: 'body', metatype: Body }) as Promise<Body>;
const message = (...texts: unknown[]) => ({ parts: texts.map((text) => ({ text })) });

describe('InputPipe', () => {
  it('gives an instance of the DTO', async () => {
    const body = await validate({ id: 1, messages: [message('a')] });
    expect(body).toBeInstanceOf(Body);
    expect(body.messages?.[0]?.parts[0]).toBeInstanceOf(Part);
  });

  it.each([
    ['a field', { id: 'x' }, [['id']]],
    ['a number in text, which is not converted', { id: '1' }, [['id']]],
    ['an infinite number', JSON.parse('{"id":1e400}'), [['id']]],
    ['an unknown field, by its name', { odd: 1 }, [['odd']]],
    [
      'an item of a list in a list',
      { messages: [message('a', 'long')] },
      [['messages', 0, 'parts', 1, 'text']],
    ],
    ['an unknown field inside', { messages: [{ parts: [], role: 'user' }] }, [['messages', 0, 'role']]],
    ['a list that is none', { messages: 'x' }, [['messages']]],
    ['an item that is no object', { messages: ['x'] }, [['messages', 0]]],
    [
      'several at once',
      { id: 'x', messages: [message('long')] },
      [['id'], ['messages', 0, 'parts', 0, 'text']],
    ],
    ['text that is also too long', { messages: [message('a\0bc')] }, [['messages', 0, 'parts', 0, 'text']]],
    ['unstorable text beside another fault', { id: 'x', note: '\0' }, [['id'], ['note']]],
  ])('names the path of %s', async (_, value, paths) => {
    const error: unknown = await validate(value).catch((fault: unknown) => fault);
    expect(error).toMatchObject({ code: 'validation_failed', status: 400 });
    const { details, message: text } = error as {
      details: { path: unknown; message: string }[];
      message: string;
    };
    expect([...new Set(details.map(({ path }) => JSON.stringify(path)))].sort()).toEqual(
      paths.map((path) => JSON.stringify(path)).sort(),
    );
    expect(text).toBe(details[0]?.message);
  });

  it.each([
    ['a field', { note: 'a\0' }],
    ['a list', { messages: [message('a'), message('\ud800')] }],
  ])('answers text_not_storable where that is the only fault, of %s', async (_, value) => {
    await expect(validate(value)).rejects.toMatchObject({ code: 'text_not_storable', status: 400 });
  });

  it.each(['__proto__', 'constructor', 'prototype', 'toString'])(
    'refuses the key %s, which would vanish else',
    async (key) => {
      await expect(validate(JSON.parse(`{"${key}":1}`))).rejects.toMatchObject({
        code: 'validation_failed',
        details: [{ path: [key], message: `property ${key} should not exist` }],
      });
    },
  );

  it.each(['{"note":{"constructor":1}}', '{"note":[{"constructor":{"constructor":null}}]}'])(
    'tells that text is wanted where %s came',
    async (text) => {
      const error = { code: 'validation_failed', details: [{ path: ['note'] }] };
      await expect(validate(JSON.parse(text))).rejects.toMatchObject(error);
    },
  );

  it('gives back no more of made-up names than a client can use', async () => {
    const names = Array.from({ length: 1000 }, (_, index) => [`${index}${'x'.repeat(1000)}`, 1]);
    const error: unknown = await validate(Object.fromEntries(names)).catch((fault: unknown) => fault);
    expect((error as { details: object[] }).details).toHaveLength(50);
    expect(JSON.stringify(error).length).toBeLessThan(30_000);
  });

  it.each(['1e3', ' 7 ', 'true', '0x10'])('leaves the path parameter %p to its own pipe', async (text) => {
    expect(await pipe.transform(text, { type: 'param', metatype: Number, data: 'id' })).toBe(text);
  });

  it('says no word of the value it refuses', async () => {
    const error: unknown = await validate({ id: 'secret', note: 'secret\0' }).catch(
      (fault: unknown) => fault,
    );
    expect(JSON.stringify(error)).not.toContain('secret');
  });
});
