// A program of somebody else's that uses the generated TypeScript types: type-checked only.
import { Tier, type components, type paths } from "./api";

type Answer<Path extends keyof paths> = paths[Path] extends {
  get: { responses: { 200: { content: { "application/json": infer Body } } } };
}
  ? Body
  : never;

const standing = {} as Answer<"/v1/agencies/{uscc}/standing">;
const tier: Tier = standing.sanction.tier;
const worst: boolean = tier === Tier.blacklisted;
const total: string | null = standing.assessment.total;
const trail = {} as Answer<"/v1/agencies/{uscc}/events">;
const label: string = trail.items[0].label;
const problem = {} as components["schemas"]["Problem"];
const status: number = problem.status;

// @ts-expect-error a tier is one of four
const unknown: Tier = "golden";
// @ts-expect-error there is no such member
standing.sanction.colour;

export { label, status, total, unknown, worst };
