// Package columnar writes the call log as Apache Parquet, for whoever reads
// millions of calls with a program. Columns carry the names of the CSV; what is
// not known is null, times are instants in UTC with milliseconds, numbers of
// people are text. It is the one place that knows the library.
package columnar
