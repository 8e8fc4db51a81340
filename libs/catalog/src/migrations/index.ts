import { AuditRetention1764450000000 } from './1764450000000-audit-retention.js';
import { Catalog1764000000000 } from './1764000000000-catalog.js';
import { SecondFactors1764100000000 } from './1764100000000-second-factors.js';
import { Mapping1764400000000 } from './1764400000000-mapping.js';
import { Domains1764700000000 } from './1764700000000-domains.js';
import { KeptPasswords1764600000000 } from './1764600000000-kept-passwords.js';
import { MailedRecovery1764300000000 } from './1764300000000-mailed-recovery.js';
import { NeverLockedOut1764200000000 } from './1764200000000-never-locked-out.js';

/** In order, by name and never by a glob: a stray file must not become a migration. */
export const MIGRATIONS = [
  Catalog1764000000000,
  SecondFactors1764100000000,
  NeverLockedOut1764200000000,
  MailedRecovery1764300000000,
  Mapping1764400000000,
  AuditRetention1764450000000,
  KeptPasswords1764600000000,
  Domains1764700000000,
];
