// A live Postgres database exchanged for one that was restored beside it in the same server.
import { exchangeContracts } from '../support/datastores/exchange-contracts.ts';
import { oneExchangeServer } from '../support/datastores/postgres-exchanges.ts';

const world = oneExchangeServer();

exchangeContracts('a Postgres', world);
