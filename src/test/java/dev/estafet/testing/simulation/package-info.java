/**
 * A deterministic simulation of whole clusters: the production classes, from operations down to files, in a world whose
 * clock, disks, network, processes and PostgreSQL servers are simulated and fail at random. One seed is one schedule.
 *
 * <p>The classes are not built for it: {@code Weaver} loads them a second time and leads what they ask of the JDK to {@code
 * Woven}, so that what is judged is the code that ships. A service is crashed by not resuming its threads, a machine by
 * forgetting, besides, what was not fsynced. What is not real: SQL is recognised by its text, JSON is not sent over a wire,
 * and histories never have to be rewound.
 */
package dev.estafet.testing.simulation;
