import { takesPart } from "../directory/address.ts";
import { locate, type LocatorQuery, type Place, placesIn } from "../directory/locator.ts";
import { parseState } from "../directory/states.ts";
import { isAnyListed } from "../ledger/listed-districts.ts";
import { defineCommand } from "./frame/command.ts";
import { table } from "./frame/shown.ts";
import { counted } from "./showing/spans.ts";
import { numberBetween } from "./typed/number.ts";

interface Options extends LocatorQuery {
  readonly limit?: number;
}

/** On a terminal, unless another number is typed. */
const SHOWN = 20;

export const command = defineCommand<{ options: Options }>({
  summary: "the District Locator: find a district by state, name, city or ZIP",
  example: 'locate --state MN --name "Saint Paul"',
  syntax: (syntax) =>
    syntax
      .requiredOption("--state <st>", "two letters")
      .option("--name <name>", "or some of its words, each of which may be cut short")
      .option("--city <city>", "of the district's office, or of a school")
      .option("--zip <zip>", "five digits with their leading zeros, or all nine")
      .option(
        "--limit <n>",
        `show so many (else ${SHOWN}; with --json all)`,
        numberBetween(1, 100_000),
      )
      .addHelpText(
        "after",
        "\nCapitals, accents, punctuation and words like School District or ISD do not matter in a name.\nA list of the country's districts is taken with `packetboat directory import FILE`.",
      ),
  async run({ options, context }) {
    const { agency, mode } = await context.config();
    const ledger = await context.ledger();
    const query = { ...options, state: parseState(options.state) };
    const places = (await placesIn(ledger, query.state)).filter(
      ({ agencyId }) => agencyId !== agency.id,
    );
    const found = locate(places, query);
    const isList = query.state === agency.state || (await isAnyListed(ledger));
    const told = found.slice(0, options.limit ?? SHOWN);
    const canBeAsked = (place: Place): boolean =>
      place.knownBy !== "list" && takesPart(place.status, mode === "test");
    const result = options.limit === undefined ? found : told;
    return {
      result: result.map((place) => placeOf(place, canBeAsked(place))),
      lines:
        told.length === 0
          ? [noneFound(query, places.length > 0), ...(isList ? [] : [NO_LIST])]
          : [
              ...shownPlaces(told),
              ...moreThan(told, found),
              "",
              ...asking(told.filter(canBeAsked)),
            ],
    };
  },
});

const shownPlaces = (places: readonly Place[]): string[] =>
  table(
    ["Id", "Number", "Name", "City", "State", "ZIP", "Phone", "Status"],
    places.map((place) => [
      place.agencyId,
      place.stateNumber,
      place.name,
      place.city,
      place.state,
      place.zip,
      place.phone,
      place.successorId === null ? place.status : `${place.status} (now ${place.successorId})`,
    ]),
    "",
  );

function moreThan(told: readonly Place[], found: readonly Place[]): string[] {
  const more = found.length - told.length;
  return more === 0
    ? []
    : [`… and ${more} more: say more of the district, or --limit ${found.length}`];
}

function asking(places: readonly Place[]): string[] {
  if (places.length === 0) {
    return [
      "None of these takes part. To one that is NotParticipating, packetboat request --to ID writes a letter.",
    ];
  }
  const ids = places.map(({ agencyId }) => agencyId).join(", ");
  const which = counted(places.length, "district takes part", "districts take part");
  return [`${which} and can be asked (packetboat request --to ID): ${ids}`];
}

/** What to leave out, by what was said. */
function noneFound({ state, name, city, zip }: LocatorQuery, isAnyKnown: boolean): string {
  if (!isAnyKnown) return `No district of ${state} is known.`;
  const none = `No district of ${state} is known that fits`;
  if (name !== undefined) return `${none}: leave out some words of the name, or cut them short.`;
  const said = [...(city === undefined ? [] : ["city"]), ...(zip === undefined ? [] : ["ZIP"])];
  return `${none}: leave out the ${said.join(" and the ")}, and say some words of its name.`;
}

const NO_LIST =
  "No list of the country's districts was taken yet: packetboat directory import FILE.";

const placeOf = (place: Place, canBeAsked: boolean) => ({
  agencyId: place.agencyId,
  stateNumber: place.stateNumber,
  name: place.name,
  city: place.city,
  state: place.state,
  zip: place.zip,
  phone: place.phone,
  status: place.status,
  successorId: place.successorId,
  knownBy: place.knownBy,
  canBeAsked,
});
