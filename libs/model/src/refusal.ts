/**
 * Why somebody or something was turned away. A closed set: a `switch` over it is checked by the compiler,
 * every audit event carries one, and operators filter on them. Words before the dot name the room that refused.
 */
export type RefusalCode =
  | 'brand.unknown'
  | 'brand.disabled'
  | 'application.unknown'
  | 'application.disabled'
  | 'request.malformed'
  | 'request.cross_site'
  | 'request.too_large'
  | 'transaction.expired'
  | 'transaction.other_browser'
  | 'transaction.not_completed'
  | 'transaction.seal_broken'
  | 'usersource.unknown'
  | 'usersource.disabled'
  | 'usersource.not_offered'
  | 'usersource.other_audience'
  | 'usersource.unreachable'
  | 'usersource.busy'
  | 'usersource.misconfigured'
  | 'usersource.settings_changed'
  | 'multipass.signature'
  | 'multipass.decryption'
  | 'multipass.invalid_data'
  | 'multipass.expired'
  | 'multipass.too_long_lived'
  | 'multipass.unsolicited'
  | 'replayed'
  | 'password.wrong'
  | 'password.unknown_name'
  | 'password.unsupported_hash'
  | 'password.must_change'
  | 'password.unacceptable'
  | 'password.throttled'
  | 'password.busy'
  | 'mailed_link.spent'
  | 'second_factor.wrong'
  | 'second_factor.throttled'
  | 'passkey.refused'
  | 'upstream.refused'
  | 'upstream.untrusted'
  | 'upstream.malformed'
  | 'upstream.login_required'
  | 'cancelled'
  | 'account.disabled'
  | 'account.none'
  | 'audience.mismatch'
  | 'filter.refused'
  | 'filter.failed'
  | 'mapping.failed'
  | 'link.refused'
  | 'link.prove'
  | 'session.expired'
  | 'not_admitted'
  | 'bus.unauthentic'
  | 'bus.replayed'
  | 'bus.late'
  | 'bus.no_answer'
  | 'secret.unreadable'
  | 'service.unavailable';

/**
 * Expected trouble, as opposed to a bug. `detail` is for the log and the admin: it may name settings and
 * upstream messages, never a secret, token, assertion or password. The person sees a kind sentence and a
 * reference, the application its own protocol's error; neither ever sees `detail`.
 */
export class Refusal extends Error {
  override readonly name = 'Refusal';

  constructor(
    readonly code: RefusalCode,
    readonly detail: string,
    options?: { cause?: unknown },
  ) {
    super(`${code}: ${detail}`, options);
  }
}
