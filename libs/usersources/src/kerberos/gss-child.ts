import type * as Kerberos from 'kerberos';

/**
 * A process of its own for the native library, which reads what strangers send: should a token ever break it, it breaks
 * nothing else. It has the keytab, no other secret, and no network to speak of: accepting a ticket asks nobody.
 * Its messages are those of `gss.ts`. No imports of ours, so that Node can run it from source too.
 */
const [library = 'kerberos'] = process.argv.slice(2);

type Answer =
  | { principal: string; target: string | null; response: string | null }
  | { ready: true }
  | { failed: string; at: 'load' | 'start' | 'step' };

async function accept(host: string, token: string | undefined): Promise<Answer> {
  let at: 'load' | 'start' | 'step' = 'load';
  try {
    const kerberos = (await import(library)) as typeof Kerberos;
    at = 'start';
    if (token === undefined) {
      await kerberos.principalDetails('HTTP', host);
      return { ready: true };
    }
    // Named, it would ask DNS what the name really is, for five seconds at times; unnamed, it says which key fitted.
    const server = await kerberos.initializeServer('');
    at = 'step';
    await server.step(token);
    if (!server.contextComplete) return { failed: 'it would take another round', at };
    return { principal: server.username, target: server.targetName, response: server.response };
  } catch (error) {
    return { failed: error instanceof Error ? error.message : 'no reason given', at };
  }
}

interface Asked {
  id: number;
  host: string;
  token?: string;
}

process.on('message', ({ id, host, token }: Asked) => {
  void accept(host, token).then((answer) => process.send?.({ id, ...answer }));
});
// However the parent ended.
process.on('disconnect', () => process.exit(0));
