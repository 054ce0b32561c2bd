import { createTestApp, type TestApp } from './support/app';
import { bookCall } from './support/booking';
import { type Api, api, type Session, signUp } from './support/clients';

const HEAD =
  'key,calls,input_tokens,cached_tokens,output_tokens,reasoning_tokens,cost_micro_usd,estimated_calls';

describe('A report as CSV', () => {
  let app: TestApp;
  let admin: Api;
  let session: Session;
  let user: Api;

  beforeAll(async () => {
    app = await createTestApp({ AUTH_ATTEMPTS_PER_MINUTE: '0' });
    admin = api(app.url, (await signUp(app.url)).token);
  });
  beforeEach(async () => {
    session = await signUp(app.url);
    user = api(app.url, session.token);
  });
  afterAll(() => app.stop());

  const lines = async (query: string, accept = 'text/csv', caller = user) => {
    const { body } = await caller.get(`/api/${query}`, { accept });
    return (body as string).split('\r\n');
  };

  it('has a line for the fields’ names and one for each row', async () => {
    await bookCall(app, { userId: session.user.id });
    await bookCall(app, { userId: session.user.id, settlement: { costMicroUsd: null, isEstimated: true } });
    const { status, headers, body } = await user.get('/api/usage?group_by=model', { accept: 'text/csv' });
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(headers.get('vary')).toMatch(/\bAccept\b/);
    expect(headers.get('content-disposition')).toMatch(
      /^attachment; filename=usage-by-model-\d{4}-\d\d-01-\d{4}-\d\d-\d\d\.csv$/,
    );
    expect(body).toBe(`${HEAD}\r\ngpt-4o-mini,2,20,0,10,0,7,1\r\n`);
  });

  it('has empty fields for what is null, and only the first line for who has used nothing', async () => {
    expect(await lines('usage')).toEqual([HEAD, '']);
    await bookCall(app, { userId: session.user.id, settlement: { model: 'x', costMicroUsd: null } });
    expect(await lines('usage?group_by=conversation')).toEqual([HEAD, ',1,10,0,5,0,,0', '']);
  });

  it.each([
    ['=HYPERLINK("http://x","y")', '"\'=HYPERLINK(""http://x"",""y"")"'],
    ['+1', "'+1"],
    ['-1', "'-1"],
    ['@SUM(A1)', "'@SUM(A1)"],
    ['\t=1', "'\t=1"],
    ['a,b', '"a,b"'],
    ['é "x"', '"é ""x"""'],
  ])('lets no spreadsheet compute the model %s', async (model, written) => {
    await bookCall(app, { userId: session.user.id, settlement: { model } });
    const [, line] = await lines('usage?group_by=model');
    expect(line).toBe(`${written},1,10,0,5,0,7,0`);
  });

  it.each([
    ['text/csv', true],
    ['text/csv;q=0.5, application/json;q=0.1', true],
    ['text/*', true],
    ['text/csv, application/json', true],
    ['application/json', false],
    ['*/*', false],
    ['application/json, text/csv;q=0.9', false],
    ['text/html', false],
  ])('is given to who accepts %s: %s', async (accept, isCsv) => {
    const { status, headers } = await user.get('/api/usage', { accept });
    expect(status).toBe(200);
    expect(headers.get('content-type')).toContain(isCsv ? 'text/csv' : 'application/json');
    expect(headers.get('vary')).toMatch(/\bAccept\b/);
  });

  it('is refused as JSON', async () => {
    const { status, body } = await user.get('/api/usage?group_by=x', { accept: 'text/csv' });
    expect([status, body.code]).toEqual([400, 'validation_failed']);
  });

  it('is there for admins', async () => {
    await bookCall(app, { userId: session.user.id });
    const query = `admin/usage?user_id=${session.user.id}`;
    expect(await lines(query, 'text/csv', admin)).toEqual([HEAD, `${session.user.id},1,10,0,5,0,7,0`, '']);
  });
});
