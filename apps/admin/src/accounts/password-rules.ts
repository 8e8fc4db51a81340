/**
 * Words that open more accounts than all others (from published lists of leaked passwords). A password that is
 * one of these with digits, marks or the usual look-alikes around it is guessed as quickly as the bare word.
 */
const COMMON = new Set(
  `password passwort passwd pass passphrase qwerty qwertyuiop qwertz qwertzuiop azerty asdfgh asdfghjkl zxcvbn zxcvbnm
   letmein welcome willkommen bienvenue admin administrator root login secret geheim changeme default iloveyou
   monkey dragon football baseball basketball soccer hockey princess sunshine shadow superman batman master michael
   jordan ashley jessica jennifer daniel thomas charlie maggie buster ginger pepper cookie summer winter spring autumn
   sommer hello hallo bonjour freedom whatever trustno trustnoone starwars pokemon computer internet samsung google
   facebook linkedin twitter microsoft windows ubuntu debian access monday friday january december company firma
   test testing tester guest user demo example sample temporary temp abc abcd abcdef abcdefgh abcdefghijkl
   correcthorsebatterystaple thisismypassword mypassword yourpassword newpassword passwordpassword adminadmin
   qwertyqwerty loveyou lovelove babygirl angel flower purple orange banana chocolate chelsea arsenal liverpool
   passbroker multipass`.split(/\s+/),
);

const LEAST = 12;
/** A hash of more is a way to keep the processor busy. */
const MOST = 1_024;

const LOOK_ALIKES: Record<string, string> = {
  0: 'o',
  1: 'i',
  3: 'e',
  4: 'a',
  5: 's',
  7: 't',
  '@': 'a',
  $: 's',
  '!': 'i',
};

const words = (password: string): string[] => {
  const lower = password.toLowerCase();
  const bare = lower.replaceAll(/^[^a-z]+|[^a-z]+$/g, '');
  const read = (text: string) =>
    text.replaceAll(/[0134578@$!]/g, (mark) => LOOK_ALIKES[mark] ?? mark).replaceAll(/[^a-z]/g, '');
  return [lower, bare, bare.replaceAll(/[^a-z]/g, ''), read(bare), read(lower)];
};

/** Runs up or down or stands still: 123456789012, aaaaaaaaaaaa, abcdefghijkl. */
const isRun = (password: string): boolean => {
  const steps = [...password].slice(1).map((char, at) => char.charCodeAt(0) - password.charCodeAt(at));
  return steps.filter((step) => Math.abs(step) > 1).length <= 2 && steps.length > 0;
};

/** Why this password will not do, or undefined. NIST SP 800-63B: length and a list, no rules of composition. */
export function passwordComplaint(password: string, ownNames: readonly string[]): string | undefined {
  if ([...password].length < LEAST) return `a password has ${LEAST} characters or more`;
  if (Buffer.byteLength(password) > MOST) return `a password has at most ${MOST} bytes`;
  if (isRun(password) || new Set(password).size < 5) return 'this is easily guessed';
  if (words(password).some((word) => COMMON.has(word))) return 'this is among the passwords that are tried first';
  const lower = password.toLowerCase();
  const left = ownNames.map((name) => name.toLowerCase()).find((name) => name.length > 3 && lower.includes(name));
  if (left !== undefined && lower.length - left.length < LEAST / 2) return 'this is hardly more than their own name';
  return undefined;
}
