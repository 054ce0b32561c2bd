import { toOpenApi31, toSchema2020 } from './to-openapi-31';

const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });

describe('toSchema2020', () => {
  it.each<[string, object, object]>([
    ['a text or null', { type: 'string', nullable: true }, { type: ['string', 'null'] }],
    ['what is not null', { type: 'string', nullable: false }, { type: 'string' }],
    [
      'a choice of words or null',
      { type: 'string', enum: ['a', 'b'], nullable: true },
      { type: ['string', 'null'], enum: ['a', 'b', null] },
    ],
    ['one of a few values or null', { enum: ['a'], nullable: true }, { enum: ['a', null] }],
    [
      'one of two shapes or null',
      { oneOf: [{ type: 'string' }, { type: 'integer' }], nullable: true, description: 'd' },
      { oneOf: [{ type: 'string' }, { type: 'integer' }, { type: 'null' }], description: 'd' },
    ],
    [
      'any of two shapes or null',
      { anyOf: [ref('A'), ref('B')], nullable: true },
      { anyOf: [ref('A'), ref('B'), { type: 'null' }] },
    ],
    [
      'another schema or null',
      { allOf: [ref('A')], nullable: true, description: 'd' },
      { anyOf: [ref('A'), { type: 'null' }], description: 'd' },
    ],
    ['a reference or null', { ...ref('A'), nullable: true }, { anyOf: [ref('A'), { type: 'null' }] }],
    ['anything, which null is too', { nullable: true, description: 'd' }, { description: 'd' }],
    ['a reference with a note', { allOf: [ref('A')], description: 'd' }, { ...ref('A'), description: 'd' }],
    ['two schemas at once', { allOf: [ref('A'), ref('B')] }, { allOf: [ref('A'), ref('B')] }],
    [
      'a reference with a rule of its own',
      { allOf: [ref('A')], minProperties: 1 },
      { allOf: [ref('A')], minProperties: 1 },
    ],
    ['a type beside a reference', { type: 'object', ...ref('A') }, ref('A')],
    ['an example', { type: 'integer', example: 0 }, { type: 'integer', examples: [0] }],
    ['null as the example', { type: 'string', example: null }, { type: 'string', examples: [null] }],
    ['no required fields', { type: 'object', required: [] }, { type: 'object' }],
    ['required fields', { type: 'object', required: ['a'] }, { type: 'object', required: ['a'] }],
    ['a bound left out', { minimum: 0, exclusiveMinimum: true }, { exclusiveMinimum: 0 }],
    ['a bound kept', { maximum: 2, exclusiveMaximum: false }, { maximum: 2 }],
    ['a bound of 3.1', { exclusiveMaximum: 2 }, { exclusiveMaximum: 2 }],
    ['a mark without a bound', { exclusiveMinimum: true }, {}],
    [
      'bytes',
      { type: 'string', format: 'binary' },
      { type: 'string', contentMediaType: 'application/octet-stream' },
    ],
  ])('converts %s', (_, schema, expected) => {
    expect(toSchema2020(schema as never)).toEqual(expected);
  });

  it.each<[string, (inner: object) => object]>([
    ['a field', (inner) => ({ properties: { nullable: inner } })],
    ['an item', (inner) => ({ items: inner })],
    ['other fields', (inner) => ({ additionalProperties: inner })],
    ['one of two', (inner) => ({ oneOf: [inner, ref('A')] })],
    ['what a text holds', (inner) => ({ contentSchema: inner })],
  ])('converts %s inside of a schema', (_, around) => {
    const converted = toSchema2020(around({ type: 'string', nullable: true }) as never);
    expect(converted).toEqual(around({ type: ['string', 'null'] }));
  });

  it('leaves an additionalProperties that is no schema', () => {
    expect(toSchema2020({ additionalProperties: false })).toEqual({ additionalProperties: false });
  });

  it('changes nothing of what it converted', () => {
    const once = toSchema2020({ type: 'string', nullable: true, example: 'a', allOf: [ref('A')] });
    expect(toSchema2020(once)).toEqual(once);
  });
});

describe('toOpenApi31', () => {
  const schema = { type: 'string', nullable: true, example: 'a' };
  const converted = { type: ['string', 'null'], examples: ['a'] };

  it('converts the schemas of parameters, headers, bodies, answers and components', () => {
    const documentOf = (inner: object) => ({
      paths: {
        '/a': {
          parameters: [{ name: 'a', in: 'query', schema: inner }],
          post: {
            requestBody: { content: { 'application/json': { schema: inner } } },
            responses: { 200: { description: 'd', headers: { A: { schema: inner } } } },
          },
        },
      },
      components: {
        schemas: { A: inner },
        responses: { E: { content: { 'application/json': { schema: inner } } } },
      },
    });

    expect(toOpenApi31({ openapi: '3.0.0', ...documentOf(schema) })).toEqual({
      openapi: '3.1.0',
      ...documentOf(converted),
    });
  });

  it('leaves the examples of a body as they are', () => {
    const content = { schema, example: { schema }, examples: { one: { value: { schema } } } };
    expect(toOpenApi31({ content })).toEqual({
      openapi: '3.1.0',
      content: { ...content, schema: converted },
    });
  });

  it('leaves the document that it was given', () => {
    const document = { components: { schemas: { A: { ...schema } } } };
    toOpenApi31(document);
    expect(document).toEqual({ components: { schemas: { A: schema } } });
  });
});
