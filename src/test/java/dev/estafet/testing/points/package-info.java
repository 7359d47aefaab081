/**
 * What is put into a copy of the packaged application, to halt the service or hold it at points that the tests name. The
 * application itself knows nothing of it.
 */
@NullMarked
package dev.estafet.testing.points;

import org.jspecify.annotations.NullMarked;
