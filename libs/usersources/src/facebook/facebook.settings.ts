import { publicProviderSettings } from '../openid-connect/public-provider.settings.js';

export const facebookSettings = publicProviderSettings('facebook');
