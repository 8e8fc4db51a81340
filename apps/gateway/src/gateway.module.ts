import { Module, type DynamicModule, type Provider } from '@nestjs/common';
import { PasswordController } from './local-accounts/password.controller.js';
import { RegistrationController } from './local-accounts/registration.controller.js';
import { AccountController, AgentAccountController } from './account/account.controller.js';
import { AddressesAskedController } from './addresses-asked/addresses-asked.controller.js';
import { LanguageController } from './languages/language.controller.js';
import { PagesController } from './pages/pages.controller.js';
import { OwnershipController } from './ownership/ownership.controller.js';
import { RecoveryController } from './recovery/recovery.controller.js';
import { PasskeyController } from './second-factors/passkey.controller.js';
import { SecondFactorController } from './second-factors/second-factor.controller.js';
import { DoorController } from './sign-in/door.controller.js';
import { SignInController } from './sign-in/sign-in.controller.js';
import { SsoController } from './sign-in/sso.controller.js';
import { SwitchController } from './sign-in/switch.controller.js';
import { SignOutController } from './sign-out/sign-out.controller.js';

/** What the gateway is made of: doors. What they need is composed in `compose.ts` and handed in. */
@Module({})
export class GatewayModule {
  static of(providers: Provider[]): DynamicModule {
    return {
      module: GatewayModule,
      controllers: [
        // Before DoorController, whose `/agent/*` would take `/agent/logout`.
        SignOutController,
        RecoveryController,
        OwnershipController,
        AddressesAskedController,
        PasskeyController,
        SecondFactorController,
        AccountController,
        AgentAccountController,
        SignInController,
        SwitchController,
        SsoController,
        RegistrationController,
        PasswordController,
        LanguageController,
        PagesController,
        DoorController,
      ],
      providers,
    };
  }
}
