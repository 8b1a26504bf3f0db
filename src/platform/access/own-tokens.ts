/** Whom access tokens are for: every part of Veza. */
export const audience = "veza";

/** What Veza signs its own access tokens with. */
export const signingAlgorithm = "EdDSA";
