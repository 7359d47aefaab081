/**
 * The harness of the integration tests: real PostgreSQL servers and real Estafet services, each a process of its own,
 * handled with the verbs a DBA would use.
 *
 * <p>Nothing is faked: servers come from {@code initdb} or Debian's {@code pg_createcluster}, services are the packaged
 * application. PostgreSQL refuses to run as root, so under root everything is started as user {@code postgres}. A
 * {@link dev.estafet.testing.TestCluster} stops and deletes all that it made, also where a test fails, and fails itself
 * if something is left. Tests await conditions; none sleeps.
 */
@NullMarked
package dev.estafet.testing;

import org.jspecify.annotations.NullMarked;
