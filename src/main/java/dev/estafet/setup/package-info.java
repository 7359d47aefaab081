/**
 * Setup: a server becomes a streaming standby of the primary (runbook, steps 1 to 15). Driven by the node that becomes the
 * standby; what its data directory held before is set aside, and put back should anything fail.
 */
@NullMarked
package dev.estafet.setup;

import org.jspecify.annotations.NullMarked;
