import { spellTimeZone } from './time-zone-name';

describe('spellTimeZone', () => {
  it.each([
    ['Europe/Berlin', 'Europe/Berlin'],
    ['europe/berlin', 'Europe/Berlin'],
    ['EUROPE/berlin', 'Europe/Berlin'],
    ['america/port-au-prince', 'America/Port-au-Prince'],
    ['AFRICA/DAR_ES_SALAAM', 'Africa/Dar_es_Salaam'],
    ['utc', 'UTC'],
    ['etc/gmt+3', 'Etc/GMT+3'],
  ])('of %s is %s', (name, spelled) => {
    expect(spellTimeZone(name)).toBe(spelled);
  });

  it.each(['Asia/Kolkata', 'Europe/Kyiv', 'America/Argentina/Buenos_Aires'])(
    'is what the user said for %s, by whatever name the zone is known else',
    (name) => {
      expect(spellTimeZone(name)).toBe(name);
    },
  );

  it('has few forms, however many ways there are to write a name', () => {
    const spellings = Array.from({ length: 2 ** 4 }, (_, bits) =>
      'asia/kolkata'.replace(/[a-z]/g, (letter, at: number) =>
        (bits >> at) % 2 === 1 ? letter.toUpperCase() : letter,
      ),
    );
    expect(new Set(spellings).size).toBe(2 ** 4);
    expect(new Set(spellings.map(spellTimeZone)).size).toBe(1);
    for (const name of spellings.map(spellTimeZone)) expect(spellTimeZone(name.toUpperCase())).toBe(name);
  });
});
