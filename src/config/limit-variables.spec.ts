import { doorLimits, redisUrl } from './limit-variables';

describe('doorLimits', () => {
  it.each([
    ['v1=30/600', { v1: { perMinute: 30, perHour: 600 } }],
    [
      ' v1=30/600 , socket=10 ',
      { v1: { perMinute: 30, perHour: 600 }, socket: { perMinute: 10, perHour: 0 } },
    ],
    ['agent=0/5', { agent: { perMinute: 0, perHour: 5 } }],
    ['chat=10000000/10000000', { chat: { perMinute: 10_000_000, perHour: 10_000_000 } }],
  ])('reads %j', (text, limits) => expect(doorLimits().parse(text)).toEqual(limits));

  it.each([
    'v1',
    'v1=',
    'v1=/5',
    'v1=5/',
    'v1=-1',
    'v1=1.5',
    'v1=1e3',
    'v1=5/6/7',
    'v1=10000001',
    'v1=1/10000001',
    'v1=99999999999999999999',
    'v1=1,v1=2',
    'V1=1',
    'mcp=1',
    'constructor=1',
    'v1=1,,socket=2',
    'v1=1;socket=2',
  ])('refuses %j', (text) => expect(doorLimits().parse(text)).toBeUndefined());
});

describe('redisUrl', () => {
  it.each([
    'redis://localhost',
    'redis://:pass%40word@10.0.0.1:6390/2',
    'rediss://user:secret@redis.example/',
    'redis://[::1]:6379',
  ])('takes %s', (value) => expect(redisUrl().parse(value)).toBe(value));

  it.each([
    'localhost:6379',
    'http://localhost:6379',
    'redis://',
    'redis://host/name',
    'redis://host:70000',
    'redis://:%zz@host',
    'unix:///run/redis.sock',
  ])('refuses %s', (value) => expect(redisUrl().parse(value)).toBeUndefined());
});
