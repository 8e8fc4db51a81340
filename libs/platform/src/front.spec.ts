import { createServer } from 'node:http';
import { ConfigError } from './config.js';
import { listen } from './front.js';

describe('listening', () => {
  it('says which port is in use, and that another can be set', async () => {
    const [first, second] = [createServer(), createServer()];
    const port = await listen(first, 0, '127.0.0.1');
    try {
      const trouble: unknown = await listen(second, port, '127.0.0.1').catch((error: unknown) => error);
      expect(trouble).toBeInstanceOf(ConfigError);
      expect(trouble).toMatchObject({ message: expect.stringContaining(`port ${port} of 127.0.0.1 is in use`) });
    } finally {
      first.close();
    }
  });
});
