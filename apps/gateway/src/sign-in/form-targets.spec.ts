import { formTargets } from './form-targets.js';

const application = (settings: Record<string, unknown>) => ({
  id: 'app_1',
  slug: 'one',
  protocol: 'oidc',
  brand: 'br_1',
  audience: 'users' as const,
  name: 'One',
  enabled: true,
  settings,
  revision: 1,
});

describe('where a sign-in form may end', () => {
  it('is every origin the application is registered with, once', () => {
    const settings = {
      redirect_uris: ['https://a.test/cb', 'https://a.test/other', 'http://localhost:4000/cb', 'com.example.app:/cb'],
      client_name: 'One',
      default_max_age: 60,
    };
    expect(formTargets(application(settings))).toEqual(['https://a.test', 'http://localhost:4000', 'com.example.app:']);
  });

  it('is never a script or data address, and nothing that would end the directive', () => {
    expect(
      formTargets(application({ redirect_uris: ['javascript:alert(1)', 'data:text/html,x', '; script-src *'] })),
    ).toEqual([]);
    expect(formTargets(undefined)).toEqual([]);
  });
});
