import { toWallClock, utcOffsetMinutes } from './zoned-time';

const NAME = 'americanewyork';
/** Letters of the name in lower case and in capitals, as the bits of a number say. */
const spellingOf = (bits: number): string =>
  [...NAME]
    .map((letter, at) => ((bits >> at) % 2 === 1 ? letter.toUpperCase() : letter))
    .join('')
    .replace(/^(.{7})(...)/, '$1/$2_');

describe('What is kept of time zones', () => {
  afterEach(() => jest.restoreAllMocks());

  it('is bounded, however a name is spelled', () => {
    const made = jest.spyOn(Intl, 'DateTimeFormat');
    const noon = new Date('2026-07-01T12:00:00Z');
    const show = (bits: number): void => {
      expect(toWallClock(noon, spellingOf(bits)).hour).toBe(8);
      expect(utcOffsetMinutes(spellingOf(bits), noon)).toBe(-240);
    };
    show(0);
    show(0);
    expect(made).toHaveBeenCalledTimes(1);
    for (let bits = 1; bits <= 600; bits++) show(bits);
    expect(made).toHaveBeenCalledTimes(601);
    show(600);
    expect(made).toHaveBeenCalledTimes(601);
    show(0);
    expect(made).toHaveBeenCalledTimes(602);
  });
});
