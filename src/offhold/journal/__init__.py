"""Nothing acknowledged is lost, nothing is answered twice, order is kept: inbox, lanes, outbox, timers, worker."""
