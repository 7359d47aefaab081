/**
 * What is loaded into a service under test, by {@code -javaagent}, to halt it or hold it at points that the tests name. It
 * stands in no jar of the application, and the application knows nothing of it.
 */
@NullMarked
package dev.estafet.testing.agent;

import org.jspecify.annotations.NullMarked;
