export { type CatalogueSource, openCatalogue } from "./open-catalogue.ts";
