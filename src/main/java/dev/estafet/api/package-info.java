/**
 * REST in: resources, the wire forms of requests and problems, authentication, and the relay that hands a call to the node
 * that drives. Only this package knows HTTP status codes.
 */
@NullMarked
package dev.estafet.api;

import org.jspecify.annotations.NullMarked;
