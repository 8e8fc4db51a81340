import { z } from 'zod';
import { isPattern } from '../addresses/return-url.js';
import { webAddress } from '../addresses/web-address.js';
import type { UsersourceSettings } from '../usersource.js';

const schema = z
  .strictObject({
    siteKey: z.string().min(1).max(256),
    apiKey: z.string().min(16, 'must have at least 16 characters').max(256),
    remoteLoginUrl: webAddress,
    returnUrls: z
      .array(z.string().max(2048).refine(isPattern, 'must be like https://help.example.com/* (no * in the host)'))
      .max(50)
      .default([]),
    maxLifetimeSec: z.int().min(60).max(315_360_000).optional(),
    acceptUnsigned: z.boolean().default(false),
    dialect: z.enum(['desk', 'tender']).default('desk'),
    unsolicited: z.boolean().default(true),
  })
  .refine((settings) => settings.dialect !== 'tender' || settings.acceptUnsigned, {
    path: ['acceptUnsigned'],
    message: 'Tender tokens carry no signature: they need acceptUnsigned',
  });
export type MultipassSettings = z.infer<typeof schema>;

export const multipassSettings: UsersourceSettings<MultipassSettings> = {
  type: 'multipass',
  schema,
  secrets: ['apiKey'],
  warnings: (settings) => [
    ...(settings['acceptUnsigned'] === true
      ? ['Unsigned tokens are accepted: whoever sees one can alter it and try the result. Sign them in the script.']
      : []),
    // A sealed key is an object and cannot be measured any more: this one shows when the key is written.
    ...(typeof settings['apiKey'] === 'string' && settings['apiKey'].length < 32
      ? ['The API key is short: use 32 random characters or more.']
      : []),
  ],
};
