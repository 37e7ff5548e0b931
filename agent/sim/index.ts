export { Simulation, type SimulationOptions, type Surroundings } from "./simulation.ts";
export { type NetworkFaults, SimulatedWeather } from "./weather.ts";
