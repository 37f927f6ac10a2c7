package numbers

// stretch is the zones of the numbers that begin with one of the prefixes,
// digits after the plus sign.
type stretch struct{ zones, prefixes string }

// wide is the zones of countries with several, for numbers that may be
// anywhere in them: mobiles, internet telephony, company numbers. Zones of
// fewer than 5,000 people are left out.
var wide = map[string][]string{
	"AU": {"Australia/Adelaide", "Australia/Brisbane", "Australia/Darwin", "Australia/Perth", "Australia/Sydney"},
	"BR": {"America/Manaus", "America/Rio_Branco", "America/Sao_Paulo"},
	"CD": {"Africa/Kinshasa", "Africa/Lubumbashi"},
	"CL": {"America/Punta_Arenas", "America/Santiago", "Pacific/Easter"},
	"EC": {"America/Guayaquil", "Pacific/Galapagos"},
	"ES": {"Atlantic/Canary", "Europe/Madrid"},
	"FM": {"Pacific/Chuuk", "Pacific/Pohnpei"},
	"ID": {"Asia/Jakarta", "Asia/Jayapura", "Asia/Makassar"},
	"KI": {"Pacific/Kiritimati", "Pacific/Tarawa"},
	"MN": {"Asia/Hovd", "Asia/Ulaanbaatar"},
	"MX": {"America/Cancun", "America/Hermosillo", "America/Mazatlan", "America/Mexico_City", "America/Tijuana"},
	"PF": {"Pacific/Gambier", "Pacific/Marquesas", "Pacific/Tahiti"},
	"PG": {"Pacific/Bougainville", "Pacific/Port_Moresby"},
	"PT": {"Atlantic/Azores", "Europe/Lisbon"},
	"RU": {"Asia/Irkutsk", "Asia/Kamchatka", "Asia/Krasnoyarsk", "Asia/Magadan", "Asia/Novosibirsk", "Asia/Omsk",
		"Asia/Vladivostok", "Asia/Yakutsk", "Asia/Yekaterinburg", "Europe/Kaliningrad", "Europe/Moscow", "Europe/Samara"},
}

// stretches are the area codes of those countries, from their published
// numbering plans, with the clocks of the provinces they lie in. Where an area
// lies in two zones, or has been moved between them, it has both: too many
// zones make a call later, too few make it illegal. The library's table is not
// used: it gives most of Brisbane the summer time of Sydney, Kaliningrad that
// of Bucharest, and Chihuahua a clock it gave up in 2022.
var stretches = []stretch{
	{"Europe/Madrid", "3481 3482 3483 3484 3485 3486 3487 3488 3491 3492 3493 3494 3495 3496 3497 3498"},
	{"Atlantic/Canary", "34822 34828 34922 34928"},
	{"Atlantic/Canary Europe/Madrid", "34827"}, // Caceres; the library: the Canaries
	{"Europe/Lisbon", "3512"},
	{"Atlantic/Azores", "351292 351295 351296"},
	{"Australia/Sydney", "612 613"},                                     // Victoria and Tasmania keep the time of Sydney
	{"Australia/Adelaide Australia/Sydney", "61253 61280 61283 618808"}, // Broken Hill lies in New South Wales
	{"Australia/Brisbane Australia/Sydney", "617"},                      // Queensland, and the Tweed in New South Wales
	{"Australia/Adelaide Australia/Darwin Australia/Perth", "618"},
	{"America/Sao_Paulo", "551 552 5531 5532 5533 5534 5535 5537 5538 5541 5542 5543 5544 5545 5546 5547 5548 5549 5551 5553 5554 5555 " +
		"5561 5562 5563 5564 5571 5573 5574 5575 5577 5579 558 5591 5593 5594 5596 5598 5599"},
	{"America/Manaus", "5565 5566 5567 5569 5592 5595"},
	{"America/Manaus America/Rio_Branco", "5597"}, // the west of Amazonas
	{"America/Rio_Branco", "5568"},
	{"America/Santiago", "562 5633 5634 5635 5641 5642 5643 5645 5651 5652 5653 5655 5657 5658 5663 5664 5665 5667 5671 5672 5673 5675"},
	{"America/Santiago Pacific/Easter", "5632"}, // Valparaiso and Rapa Nui
	{"America/Punta_Arenas America/Santiago", "5661"},
	{"Africa/Kinshasa", "2431"},
	{"America/Guayaquil", "5932 5933 5934 5936 5937"},
	{"Asia/Jakarta", "622 6231 6232 6233 6234 6235 62561 62562 62563 62564 62565 62567 62568 626 627"},
	{"Asia/Makassar", "6236 6237 6238 6240 6241 6242 6243 6244 6245 6246 6247 6248 62511 62512 62517 62518 62526 62527 6254 6255"},
	{"Asia/Jakarta Asia/Makassar", "62513 62516 62519 62522 62525 62528 6253"},
	{"Asia/Ulaanbaatar", "97611"},
	{"America/Mexico_City", "5222 5224 5227 5228 5233 5234 5235 5237 5238 5239 524 5255 5256 527 5281 5282 5283 5284 52921 52922 52923 52924 " +
		"52951 52953 52954 52958 52961 52962 52963 52964 52965 52971 52972 52993"},
	{"America/Cancun", "52983 52984 52987 52998"},
	{"America/Tijuana", "52646 52653 52658 52661 52663 52664 52665 52686"},
	{"America/Hermosillo America/Mazatlan", "52622 52631 52632 52633 52634 52637 52638 52641 52642 52643 52644 52645 52647 52651 52662"},
	{"America/Mazatlan", "52612 52613 52624 52667 52668 52669 52687 52694 52695 52696 52697 52698"},
	{"America/Mazatlan America/Mexico_City", "52311 52319 52323 52324 52325 52327 52329 52389 52322"},
	{"America/Ciudad_Juarez America/Mazatlan America/Mexico_City America/Ojinaga", "52614 52621 52625 52626 52627 52628 52629 52635 52636 52639 52648 52649 52652 52656 52659"},
	{"Asia/Irkutsk", "7301 7395"},
	{"Asia/Yakutsk", "7302 7416"},
	{"Asia/Magadan Asia/Vladivostok Asia/Yakutsk", "7411"}, // Yakutia has three
	{"Asia/Magadan", "7413"},
	{"Asia/Kamchatka", "7415 7427"},
	{"Asia/Vladivostok", "7421 7423 7426"},
	{"Asia/Magadan Asia/Sakhalin", "7424"},
	{"Asia/Yekaterinburg", "733 7342 7343 7345 7346 7347 7349 735"},
	{"Europe/Samara", "7341 7846 7848"},
	{"Europe/Moscow Europe/Samara", "7842 7844 7845 7851"},
	{"Asia/Omsk", "7381"},
	{"Asia/Krasnoyarsk Asia/Novosibirsk", "7382 7383 7384 7385 7388"},
	{"Asia/Krasnoyarsk", "739"},
	{"Europe/Kaliningrad", "7401"},
	{"Europe/Kaliningrad Europe/Moscow", "740"},
	{"Europe/Moscow", "736 747 748 749 781 782 783 7841 7843 7847 7855 7856 786 787"},
}
