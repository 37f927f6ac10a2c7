// Package blobs keeps whole files: recordings, prompts, exports. Where they lie is
// one of two engines:
//
//	Folder   a folder of this machine, as it always was: a name is a path below it
//	Bucket   a bucket of an S3 server, below a prefix: every node of a house sees it
//
// A name has slashes and no element that begins with a dot. A blob is written once
// and whole, under its name or not at all; the same name again replaces it.
//
//	Put, Take:  part --written, on disk--> renamed             (Folder)
//	            hashed --one PUT--> asked for size and sum     (Bucket)
//
// Take moves a file of this machine in: the file is deleted only when what was
// stored has been verified, by its size and its checksum, which for S3 is what the
// server answers (an MD5 as the ETag), and where it answers something else, what is
// read back. A blob that was cut off, or that came through changed, is an error, and
// the file stays.
//
// Open reads from any place on: of a bucket by range, what is asked for and a little
// more. What is not there is fs.ErrNotExist.
//
// Promises: what Put and Take return without an error for is on the folder's disk,
// or stored by a server that confirmed its checksum. Delete deletes what the store
// would read; a bucket that keeps versions keeps them, and Versions says so.
package blobs
