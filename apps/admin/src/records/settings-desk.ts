import { z } from 'zod';
import {
  isSealed,
  sealSecret,
  systemClock,
  type Clock,
  type ServiceName,
  type ServicePublicKeys,
} from '@passbroker/platform';
import { complaintsOf, invalid, pointerTo } from '../http/complaints.js';
import { Problem, type Complaint } from '../http/problem.js';
import { changed } from './changed.js';

/** What both ports tell the admin API about one type. */
export interface SettingsType {
  schema: z.ZodType;
  secrets: readonly string[];
  /**
   * Settings that hold where a secret is sent. Whoever changes one must say the secret again: else an admin who may
   * not read it could have it delivered to a host of their own (ADM-007).
   */
  sendsSecretsTo?: readonly string[];
  generate?(settings: Record<string, unknown>): Record<string, string>;
  warnings?(settings: Record<string, unknown>, now?: Date): string[];
}

export type Settings = Record<string, unknown>;

export interface AppliedSettings {
  /** To be stored: secrets sealed. */
  settings: Settings;
  changed: string[];
  /** Made by us, shown once. */
  generated: Record<string, string>;
  /** Some can only be told now, while a secret can be looked at: the answer to the write has them all. */
  warnings: string[];
}

/** Stands in for a secret that is kept and that we cannot read, while the rest is validated. */
const STAND_IN = '0123456789abcdef'.repeat(4);
/** What consoles show instead of a secret, sent back by mistake (ADM-006). */
const MASKED = /^[*•●∙·]+$/;
const LONGEST_SECRET = 16_384;

const isObject = (value: unknown): value is Settings =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Settings on their way in: checked by their type's schema, secrets sealed to the one service that may open them. */
export class SettingsDesk {
  constructor(
    private readonly sealTo: ServiceName,
    private readonly serviceKeys: (service: ServiceName) => Promise<ServicePublicKeys | undefined>,
    private readonly now: Clock = systemClock,
  ) {}

  shown(type: SettingsType | undefined, stored: Settings): { settings: Settings; secretsSet: string[] } {
    const hidden = (name: string, value: unknown) => isSealed(value) || type?.secrets.includes(name) === true;
    const entries = Object.entries(stored);
    return {
      settings: Object.fromEntries(entries.filter(([name, value]) => !hidden(name, value))),
      secretsSet: entries.filter(([name, value]) => hidden(name, value)).map(([name]) => name),
    };
  }

  warnings(type: SettingsType | undefined, stored: Settings): string[] {
    return type?.warnings?.(stored, this.now()) ?? [];
  }

  /**
   * @param wanted all settings as they should be; secrets among them only when they were said
   * @param said the body's settings as they came: null clears a secret, silence keeps it
   * @throws Problem request.invalid
   */
  async apply(type: SettingsType, wanted: Settings, said: unknown, stored: Settings = {}): Promise<AppliedSettings> {
    const secrets = this.#secretsSaid(type, said, stored);
    const plain = Object.fromEntries(Object.entries(wanted).filter(([name]) => !type.secrets.includes(name)));
    const generated = this.#generate(type, plain, secrets);
    const set = { ...secrets.set, ...generated };
    this.#check(type, plain, set, secrets.kept);
    this.#askAgain(type, plain, stored, secrets.kept);
    const kept = Object.fromEntries(secrets.kept.map((name) => [name, stored[name]]));
    return {
      settings: { ...plain, ...kept, ...(await this.#sealed(set)) },
      changed: [
        ...changed(this.shown(type, stored).settings, plain, ['settings']),
        ...[...Object.keys(set), ...secrets.cleared].map((name) => pointerTo('settings', name)),
      ],
      generated,
      warnings: this.warnings(type, { ...plain, ...kept, ...set }),
    };
  }

  #secretsSaid(type: SettingsType, said: unknown, stored: Settings) {
    const values = isObject(said) ? said : {};
    const set: Record<string, string> = {};
    const kept: string[] = [];
    const cleared: string[] = [];
    const errors: Complaint[] = [];
    for (const name of type.secrets) {
      const value = Object.hasOwn(values, name) ? values[name] : undefined;
      const complain = (code: string, message: string) =>
        errors.push({ pointer: pointerTo('settings', name), code, message });
      if (value === undefined) {
        if (stored[name] !== undefined) kept.push(name);
      } else if (value === null) {
        if (stored[name] !== undefined) cleared.push(name);
      } else if (typeof value !== 'string' || value.length > LONGEST_SECRET) {
        complain('invalid_type', 'a secret is text, or null to clear it');
      } else if (MASKED.test(value)) {
        complain('masked', 'this is a mask, not a secret: leave the member out to keep what is set');
      } else set[name] = value;
    }
    if (errors.length > 0) throw invalid(...errors);
    return { set, kept, cleared };
  }

  #generate(type: SettingsType, plain: Settings, secrets: { set: Settings; kept: string[] }): Record<string, string> {
    if (!type.generate) return {};
    // It reads settings that have not been checked yet; what it cannot read, the schema will name.
    try {
      const made = type.generate({ ...plain, ...secrets.set, ...standIns(secrets.kept) });
      const absent = ([name]: [string, string]) => !Object.hasOwn(secrets.set, name) && !secrets.kept.includes(name);
      return Object.fromEntries(Object.entries(made).filter(absent));
    } catch {
      return {};
    }
  }

  #check(type: SettingsType, plain: Settings, set: Settings, kept: string[]): void {
    // A stand-in may not have a kept secret's form. That a rule speaks against having the secret at all is another
    // matter: what the service could not open again must not be stored.
    const parsed = type.schema.safeParse({ ...plain, ...set, ...standIns(kept) });
    const unknown = type.schema instanceof z.ZodObject ? unknownMembers(type.schema, plain) : [];
    const found = parsed.success
      ? []
      : complaintsOf(
          parsed.error.issues.filter((issue) => !kept.includes(String(issue.path[0])) || issue.code === 'custom'),
          ['settings'],
        );
    const known = new Set(found.map(({ pointer }) => pointer));
    const errors = [...found, ...unknown.filter(({ pointer }) => !known.has(pointer))];
    if (errors.length > 0) throw invalid(...errors);
  }

  #askAgain(type: SettingsType, plain: Settings, stored: Settings, kept: string[]): void {
    const moved = (type.sendsSecretsTo ?? []).filter((name) => changed(stored[name], plain[name]).length > 0);
    if (moved.length === 0 || kept.length === 0) return;
    throw invalid(
      ...kept.map((name) => ({
        pointer: pointerTo('settings', name),
        code: 'secret_required',
        message: `${moved.join(', ')} changed: say the secret again, so that it goes nowhere its owner does not know`,
      })),
    );
  }

  async #sealed(set: Record<string, string>): Promise<Settings> {
    if (Object.keys(set).length === 0) return {};
    const keys = await this.serviceKeys(this.sealTo);
    if (!keys) {
      throw new Problem('service.unavailable', `the ${this.sealTo} has not published its keys yet: start it once`, {
        headers: { 'retry-after': '5' },
      });
    }
    const sealed: Settings = {};
    for (const [name, value] of Object.entries(set)) sealed[name] = { sealed: await sealSecret(keys, value) };
    return sealed;
  }
}

const standIns = (names: string[]): Record<string, string> => Object.fromEntries(names.map((name) => [name, STAND_IN]));

const unknownMembers = (schema: z.ZodObject, settings: Settings): Complaint[] =>
  Object.keys(settings)
    .filter((name) => !Object.hasOwn(schema.shape, name))
    .map((name) => ({
      pointer: pointerTo('settings', name),
      code: 'unknown_setting',
      message: 'this type has no such setting',
    }));
