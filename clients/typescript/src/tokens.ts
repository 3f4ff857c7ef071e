/** Who is signed in. Keep it where only the person's own programs can read it. */
export interface Session {
  readonly accessToken: string;
  /** Good for one renewal: whoever keeps the session keeps the newest one. */
  readonly refreshToken: string;
  /** When the access token ends, in milliseconds since 1970. */
  readonly expiresAt: number;
}

/** The tokens of a client. */
export interface Tokens {
  /** A token that counts now, if there is one. */
  current(): Promise<string | undefined>;
  /** Another token after `refused`; `undefined` where there is none. */
  renew(refused: string): Promise<string | undefined>;
}

/** An API key, which is never renewed. */
export function keyTokens(key: string): Tokens {
  return { current: async () => key, renew: async () => undefined };
}

/** Milliseconds before its end at which a token is renewed, so that it does not end on the way. */
const EARLY = 30_000;

/** Renews the tokens of a session: one call at a time, however many calls wait for it. */
export class SessionTokens implements Tokens {
  #session: Session | null;
  #renewing: Promise<void> | undefined;
  readonly #refresh: (refreshToken: string) => Promise<Session | null>;
  readonly #changed: (session: Session | null) => void;
  readonly #now: () => number;

  /** `refresh` gives the next session, or null where the server ends this one; it throws where nothing is known. */
  constructor(
    session: Session | null,
    refresh: (refreshToken: string) => Promise<Session | null>,
    changed: (session: Session | null) => void,
    now: () => number,
  ) {
    this.#session = session;
    this.#refresh = refresh;
    this.#changed = changed;
    this.#now = now;
  }

  get session(): Session | null {
    return this.#session;
  }

  set(session: Session | null): void {
    this.#session = session;
    this.#changed(session);
  }

  async current(): Promise<string | undefined> {
    if (this.#session && this.#session.expiresAt - EARLY <= this.#now()) await this.#renewOnce();
    return this.#session?.accessToken;
  }

  async renew(refused: string): Promise<string | undefined> {
    // Another call may have renewed it meanwhile.
    if (this.#session?.accessToken === refused) await this.#renewOnce();
    const token = this.#session?.accessToken;
    return token === refused ? undefined : token;
  }

  #renewOnce(): Promise<void> {
    this.#renewing ??= this.#renewNow().finally(() => { this.#renewing = undefined; });
    return this.#renewing;
  }

  async #renewNow(): Promise<void> {
    const before = this.#session;
    if (!before) return;
    const next = await this.#refresh(before.refreshToken);
    // Whoever logged in or out meanwhile goes before.
    if (this.#session === before) this.set(next);
  }
}
