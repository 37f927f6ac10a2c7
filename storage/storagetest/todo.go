package storagetest

var (
	rulesTests, raceTests, contactTests, loadTests, dispositionTests, doNotCallTests, callTests, settingTests []test
)
