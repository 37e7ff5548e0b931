import { it } from "vitest";
import { runSeeds } from "./seeds.ts";

it("five servers lose nothing and agree in everything (even seeds)", { timeout: 3_600_000 }, () => runSeeds(2));
