import { messagesOn, type Messages } from '../../../../libs/saml/test/messages.js';
import type { SamlAsk, SamlIdp, SamlWish } from '../../../../libs/testing/src/peers/saml-idp.js';
import { isCallback, type Arrival, type Upstreams } from './upstreams.js';

/** Somebody on their way, who has been at the identity provider and posts what they like. */
export interface Held extends Arrival {
  slug: string;
  ask: SamlAsk;
  /** Whatever is written on this stage is meant for this very sign-in. */
  messages: Messages;
}

/** The door where responses of one identity provider are posted, from an application's question to its answer. */
export class SamlDoor {
  constructor(
    private readonly upstreams: Upstreams,
    private readonly idp: SamlIdp,
  ) {}

  async held(slug: string, browser = this.upstreams.broker.browser()): Promise<Held> {
    const arrival = await this.upstreams.setOut(slug, browser);
    const ask = this.idp.asks.at(-1);
    if (!ask) throw new Error('the identity provider was not asked');
    const { issuer: sp, acs, id: request } = ask;
    const messages = messagesOn({ now: new Date(), idp: this.idp.entityId, sp, acs, request });
    return { ...arrival, slug, ask, messages };
  }

  /** As a browser does that runs the provider's form. */
  async post(held: Held, fields: Record<string, string> | string): Promise<Arrival> {
    const { browser, slug } = held;
    const answer = await browser.post(`${this.upstreams.broker.origin}/sso/${slug}/acs`, fields);
    return { ...held, last: await browser.follow(answer, { until: isCallback }) };
  }

  send(held: Held, xml: string): Promise<Arrival> {
    return this.post(held, fieldsOf(held.ask, xml));
  }

  /** What the provider says when it is asked, but for the wish. */
  async comes(slug: string, wish: SamlWish = {}): Promise<Arrival> {
    const held = await this.held(slug);
    return this.post(held, this.idp.respond(held.ask, wish));
  }
}

export const fieldsOf = ({ relayState }: Pick<SamlAsk, 'relayState'>, xml: string): Record<string, string> => ({
  SAMLResponse: Buffer.from(xml).toString('base64'),
  ...(relayState !== undefined && { RelayState: relayState }),
});
