import { existsSync } from 'node:fs';
import { openUsersource } from './registry.js';
import { USERSOURCE_SETTINGS, usersourceSettings } from './settings.js';
import { isUsersourceType } from './registry.js';
import { toolsFor } from '../test/tools.js';

describe('registry', () => {
  it('refuses a type nobody knows', () => {
    expect(() =>
      openUsersource(
        'telepathy',
        {},
        toolsFor('x', () => new Date(0)),
      ),
    ).toThrow(expect.objectContaining({ code: 'usersource.misconfigured' }));
    expect(usersourceSettings('telepathy')).toBeUndefined();
    expect(usersourceSettings('constructor')).toBeUndefined();
  });

  it('names the settings that do not fit, never their values', () => {
    expect(() =>
      openUsersource(
        'multipass',
        { apiKey: 'canary' },
        toolsFor('x', () => new Date(0)),
      ),
    ).toThrow(expect.objectContaining({ message: expect.not.stringContaining('canary') }));
  });

  it.each(USERSOURCE_SETTINGS.map((settings) => settings.type))(
    'keeps %s in a folder of the same four files',
    (type) => {
      expect(isUsersourceType(type)).toBe(true);
      for (const file of [`${type}.usersource.ts`, `${type}.settings.ts`, `${type}.usersource.spec.ts`, 'README.md']) {
        expect(existsSync(new URL(`./${type}/${file}`, import.meta.url))).toBe(true);
      }
    },
  );
});
